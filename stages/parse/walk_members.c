#include "stages/parse/walk_members.h"

enum run take_leaf_members(struct walk_state *state,
                           const struct key_entry **opened)
{
    return leaf_members(state, opened);
}
