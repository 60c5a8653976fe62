#include "stages/parse/walk_members.h"

#if defined(__x86_64__)
enum run take_leaf_members_avx2(struct walk_state *state,
                                const struct key_entry **opened)
{
    return leaf_members(state, opened);
}
#endif
