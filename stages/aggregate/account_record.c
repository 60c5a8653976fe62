#include "stages/aggregate/account_record.h"

#include "stages/aggregate/compact_profile.h"

#define COMPACT ((uintptr_t)1)

struct account *account_create(const struct account_key *key, uint64_t hash,
                               struct arena *arena)
{
    struct account *account = arena_alloc(
        arena, sizeof *account + key->id.text.size, 8);
    if (!account)
        return NULL;
    account->entry.hash = hash;
    account->number = key->id.number;
    account->platform = (unsigned)key->platform & 3;
    account->text_size = key->id.text.size;
    if (key->id.text.size)
        memcpy(account->text, key->id.text.bytes, key->id.text.size);
    return account;
}

struct id account_id(const struct account *account)
{
    return (struct id){account->number, {account->text, account->text_size}};
}

bool account_is(const struct slot_entry *entry, const void *sought)
{
    const struct account *account = (const struct account *)entry;
    const struct account_key *key = sought;
    return account->platform == (unsigned)key->platform &&
           id_equal(account_id(account), key->id);
}

/* Acquire: pairs with the release of profile_publish, for what it points to. */
static uintptr_t profile_load(const struct account *account)
{
    return atomic_load_explicit(&account->profile, memory_order_acquire);
}

/* What the account's profile is afterwards: next, or another's. */
static uintptr_t profile_publish(struct account *account, uintptr_t seen,
                                 uintptr_t next)
{
    return atomic_compare_exchange_strong_explicit(
               &account->profile, &seen, next, memory_order_acq_rel,
               memory_order_acquire)
               ? next
               : seen;
}

static struct profile_registers *registers_of(uintptr_t profile)
{
    return (struct profile_registers *)profile;
}

/* From compact to registers; the profile afterwards, 0: out of memory. The
 * compact one itself if o says nothing new. */
static uintptr_t promote(struct account *account, uintptr_t compact,
                         const struct observation *o, struct arena *arena)
{
    struct observation before;
    uint64_t blocks[PROFILE_TEXTS];
    compact_profile_read((const uint8_t *)(compact - COMPACT), &before,
                         blocks);
    if (observation_equal(&before, o))
        return compact;
    struct profile_registers *registers = arena_alloc(
        arena, sizeof *registers, alignof(struct profile_registers));
    if (!registers ||
        !profile_registers_observe(registers, &before, blocks, arena))
        return 0;
    return profile_publish(account, compact, (uintptr_t)registers);
}

bool account_observe(struct account *account, const struct observation *o,
                     struct arena *arena)
{
    uintptr_t profile = profile_load(account);
    if (!profile) {
        const uint8_t *compact = compact_profile_make(o, arena);
        if (!compact)
            return false;
        uintptr_t first = (uintptr_t)compact | COMPACT;
        profile = profile_publish(account, 0, first);
        if (profile == first)
            return true;
    }
    if (profile & COMPACT) {
        profile = promote(account, profile, o, arena);
        if (!profile || profile & COMPACT)
            return profile != 0;
    }
    return profile_registers_observe(registers_of(profile), o, NULL, arena);
}

bool account_profile(const struct account *account, struct profile *out)
{
    uintptr_t profile = profile_load(account);
    if (!profile)
        return false;
    if (!(profile & COMPACT)) {
        profile_registers_read(registers_of(profile), out);
        return true;
    }
    struct observation o;
    uint64_t blocks[PROFILE_TEXTS];
    struct profile_registers registers = {0};
    compact_profile_read((const uint8_t *)(profile - COMPACT), &o, blocks);
    /* One observation, its blocks at hand, makes no allocation. */
    if (!profile_registers_observe(&registers, &o, blocks, NULL))
        return false;
    profile_registers_read(&registers, out);
    return true;
}

void account_prefetch_profile(const struct account *account)
{
    uintptr_t profile = atomic_load_explicit(&account->profile,
                                             memory_order_relaxed);
    if (profile && !(profile & COMPACT))
        profile_registers_prefetch(registers_of(profile));
    else
        __builtin_prefetch((const void *)(profile & ~COMPACT));
}

void account_prefetch_texts(const struct account *account)
{
    uintptr_t profile = profile_load(account);
    if (!profile || profile & COMPACT)
        return;
    for (int i = 0; i < PROFILE_TEXTS; i++)
        __builtin_prefetch((const void *)(uintptr_t)atomic_load_explicit(
            &registers_of(profile)->texts[i].half.value,
            memory_order_relaxed));
}
