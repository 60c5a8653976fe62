"""XXH3-64 and XXH3-128 with seed 0, after the published specification.

Slow and literal: every 64-bit word is a Python integer taken modulo 2**64.
Only seed 0 is written, since nothing else is asked of it; the secret is then
the default secret of the specification.
"""

M32 = 2**32 - 1
M64 = 2**64 - 1

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")

P32_1 = 0x9E3779B1
P32_2 = 0x85EBCA77
P32_3 = 0xC2B2AE3D
P64_1 = 0x9E3779B185EBCA87
P64_2 = 0xC2B2AE3D27D4EB4F
P64_3 = 0x165667B19E3779F9
P64_4 = 0x85EBCA77C2B2AE63
P64_5 = 0x27D4EB2F165667C5
MX1 = 0x165667919E3779F9
MX2 = 0x9FB21C651E98DF25

STRIPE = 64
STRIPES_PER_BLOCK = (len(SECRET) - STRIPE) // 8
BLOCK = STRIPE * STRIPES_PER_BLOCK


def u32(data, at):
    return int.from_bytes(data[at:at + 4], "little")


def u64(data, at):
    return int.from_bytes(data[at:at + 8], "little")


def swap32(x):
    return int.from_bytes(x.to_bytes(4, "little"), "big")


def swap64(x):
    return int.from_bytes(x.to_bytes(8, "little"), "big")


def rotl32(x, n):
    return ((x << n) | (x >> (32 - n))) & M32


def rotl64(x, n):
    return ((x << n) | (x >> (64 - n))) & M64


def fold128(a, b):
    """The low and high half of a 128-bit product, xored."""
    product = a * b
    return (product & M64) ^ (product >> 64)


def avalanche_xxh64(h):
    h ^= h >> 33
    h = h * P64_2 & M64
    h ^= h >> 29
    h = h * P64_3 & M64
    return h ^ (h >> 32)


def avalanche(h):
    h ^= h >> 37
    h = h * MX1 & M64
    return h ^ (h >> 32)


def mix16(data, at, secret_at):
    low = u64(data, at) ^ u64(SECRET, secret_at)
    high = u64(data, at + 8) ^ u64(SECRET, secret_at + 8)
    return fold128(low, high)


# --- inputs longer than 240 bytes: eight accumulators ---------------------

def accumulate(acc, data, at, secret_at):
    for i in range(8):
        value = u64(data, at + 8 * i)
        key = value ^ u64(SECRET, secret_at + 8 * i)
        acc[i ^ 1] = (acc[i ^ 1] + value) & M64
        acc[i] = (acc[i] + (key & M32) * (key >> 32)) & M64


def scramble(acc):
    secret_at = len(SECRET) - STRIPE
    for i in range(8):
        a = acc[i]
        a ^= a >> 47
        a ^= u64(SECRET, secret_at + 8 * i)
        acc[i] = a * P32_1 & M64


def long_accumulators(data):
    acc = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1]
    full_blocks = (len(data) - 1) // BLOCK
    for block in range(full_blocks):
        for s in range(STRIPES_PER_BLOCK):
            accumulate(acc, data, block * BLOCK + s * STRIPE, 8 * s)
        scramble(acc)
    start = full_blocks * BLOCK
    for s in range((len(data) - 1 - start) // STRIPE):
        accumulate(acc, data, start + s * STRIPE, 8 * s)
    accumulate(acc, data, len(data) - STRIPE, len(SECRET) - STRIPE - 7)
    return acc


def merge(acc, secret_at, start):
    result = start
    for i in range(4):
        low = acc[2 * i] ^ u64(SECRET, secret_at + 16 * i)
        high = acc[2 * i + 1] ^ u64(SECRET, secret_at + 16 * i + 8)
        result += fold128(low, high)
    return avalanche(result & M64)


# --- 64 bits ---------------------------------------------------------------

def xxh3_64(data):
    """The XXH3 64-bit hash of bytes, seed 0, as an integer."""
    n = len(data)
    if n == 0:
        return avalanche_xxh64(u64(SECRET, 56) ^ u64(SECRET, 64))
    if n <= 3:
        word = data[n - 1] | n << 8 | data[0] << 16 | data[n >> 1] << 24
        return avalanche_xxh64(word ^ u32(SECRET, 0) ^ u32(SECRET, 4))
    if n <= 8:
        word = u32(data, n - 4) + (u32(data, 0) << 32)
        h = word ^ u64(SECRET, 8) ^ u64(SECRET, 16)
        h ^= rotl64(h, 49) ^ rotl64(h, 24)
        h = h * MX2 & M64
        h ^= (h >> 35) + n
        h = h * MX2 & M64
        return h ^ (h >> 28)
    if n <= 16:
        low = u64(data, 0) ^ u64(SECRET, 24) ^ u64(SECRET, 32)
        high = u64(data, n - 8) ^ u64(SECRET, 40) ^ u64(SECRET, 48)
        return avalanche((n + swap64(low) + high + fold128(low, high)) & M64)
    if n <= 128:
        acc = n * P64_1
        for i in reversed(range((n - 1) // 32 + 1)):
            acc += mix16(data, 16 * i, 32 * i)
            acc += mix16(data, n - 16 * (i + 1), 32 * i + 16)
        return avalanche(acc & M64)
    if n <= 240:
        acc = n * P64_1
        for i in range(8):
            acc += mix16(data, 16 * i, 16 * i)
        acc = avalanche(acc & M64)
        for i in range(8, n // 16):
            acc += mix16(data, 16 * i, 16 * (i - 8) + 3)
        acc += mix16(data, n - 16, 136 - 17)
        return avalanche(acc & M64)
    return merge(long_accumulators(data), 11, n * P64_1 & M64)


# --- 128 bits --------------------------------------------------------------

def mix32(acc, data, at_1, at_2, secret_at):
    low, high = acc
    low += mix16(data, at_1, secret_at)
    low = (low & M64) ^ (u64(data, at_2) + u64(data, at_2 + 8) & M64)
    high += mix16(data, at_2, secret_at + 16)
    high = (high & M64) ^ (u64(data, at_1) + u64(data, at_1 + 8) & M64)
    return low, high


def finish_middle_128(acc, n):
    low, high = acc
    h_low = low + high & M64
    h_high = (low * P64_1 + high * P64_4 + n * P64_2) & M64
    return (-avalanche(h_high) & M64) << 64 | avalanche(h_low)


def short_128_1to3(data):
    n = len(data)
    word = data[n - 1] | n << 8 | data[0] << 16 | data[n >> 1] << 24
    other = rotl32(swap32(word), 13)
    low = word ^ u32(SECRET, 0) ^ u32(SECRET, 4)
    high = other ^ u32(SECRET, 8) ^ u32(SECRET, 12)
    return avalanche_xxh64(high) << 64 | avalanche_xxh64(low)


def short_128_4to8(data):
    n = len(data)
    word = u32(data, 0) + (u32(data, n - 4) << 32)
    keyed = word ^ u64(SECRET, 16) ^ u64(SECRET, 24)
    product = keyed * (P64_1 + (n << 2) & M64)
    low, high = product & M64, product >> 64
    high = high + (low << 1) & M64
    low ^= high >> 3
    low ^= low >> 35
    low = low * MX2 & M64
    low ^= low >> 28
    return avalanche(high) << 64 | low


def short_128_9to16(data):
    n = len(data)
    flip_low = u64(SECRET, 32) ^ u64(SECRET, 40)
    flip_high = u64(SECRET, 48) ^ u64(SECRET, 56)
    in_low, in_high = u64(data, 0), u64(data, n - 8)
    product = (in_low ^ in_high ^ flip_low) * P64_1
    low, high = product & M64, product >> 64
    low = low + ((n - 1) << 54) & M64
    in_high ^= flip_high
    high = high + in_high + (in_high & M32) * (P32_2 - 1) & M64
    low ^= swap64(high)
    product = low * P64_2
    h_low, h_high = product & M64, product >> 64
    h_high = h_high + high * P64_2 & M64
    return avalanche(h_high) << 64 | avalanche(h_low)


def xxh3_128(data):
    """The XXH3 128-bit hash of bytes, seed 0, as an integer."""
    n = len(data)
    if n == 0:
        low = avalanche_xxh64(u64(SECRET, 64) ^ u64(SECRET, 72))
        high = avalanche_xxh64(u64(SECRET, 80) ^ u64(SECRET, 88))
        return high << 64 | low
    if n <= 3:
        return short_128_1to3(data)
    if n <= 8:
        return short_128_4to8(data)
    if n <= 16:
        return short_128_9to16(data)
    acc = (n * P64_1 & M64, 0)
    if n <= 128:
        for i in reversed(range((n - 1) // 32 + 1)):
            acc = mix32(acc, data, 16 * i, n - 16 * (i + 1), 32 * i)
        return finish_middle_128(acc, n)
    if n <= 240:
        for i in range(4):
            acc = mix32(acc, data, 32 * i, 32 * i + 16, 32 * i)
        acc = (avalanche(acc[0]), avalanche(acc[1]))
        for i in range(4, n // 32):
            acc = mix32(acc, data, 32 * i, 32 * i + 16, 3 + 32 * (i - 4))
        acc = mix32(acc, data, n - 16, n - 32, 136 - 17 - 16)
        return finish_middle_128(acc, n)
    acc = long_accumulators(data)
    low = merge(acc, 11, n * P64_1 & M64)
    high = merge(acc, len(SECRET) - STRIPE - 11, ~(n * P64_2) & M64)
    return high << 64 | low
