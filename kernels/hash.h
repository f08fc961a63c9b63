// The stable 64-bit hash: the same number for the same input on every platform, in every process and version.
//
// Changing anything here moves keys to other key groups and makes every checkpoint unreadable: it is part of the codec's
// version (kCodecVersion in key_leaf.h), and tests/kernels/test_key_codec.py holds golden values.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

namespace levada {

inline uint64_t load64(const void *at) {
    uint64_t value;
    std::memcpy(&value, at, 8);
    if constexpr (std::endian::native == std::endian::big) {
        uint64_t swapped = 0;
        for (int byte = 0; byte < 8; ++byte) swapped |= (value >> (8 * byte) & 0xff) << (56 - 8 * byte);
        value = swapped;
    }
    return value;
}

// The last `size` (1 to 8) bytes of an input as a little-endian number.
inline uint64_t load_tail(const char *at, size_t size) {
    unsigned char bytes[8] = {};
    std::memcpy(bytes, at, size);
    return load64(bytes);
}

// Murmur3's finaliser: a bijection, so different integers never share a hash.
inline uint64_t mix(uint64_t x) {
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    x ^= x >> 33;
    return x;
}

// The two halves of the 128-bit product, folded.
inline uint64_t fold_multiply(uint64_t a, uint64_t b) {
#if defined(__SIZEOF_INT128__)
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
#elif defined(_MSC_VER) && defined(_M_X64)
    uint64_t high;
    const uint64_t low = _umul128(a, b, &high);
    return low ^ high;
#else
    const uint64_t a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
    const uint64_t low = a0 * b0, middle1 = a1 * b0, middle2 = a0 * b1;
    const uint64_t carry = ((low >> 32) + (middle1 & 0xffffffff) + (middle2 & 0xffffffff)) >> 32;
    return (a * b) ^ (a1 * b1 + (middle1 >> 32) + (middle2 >> 32) + carry);
#endif
}

// Hash of a run of bytes under a seed: 16 bytes per step, the length mixed in at the end (after wyhash's scheme).
inline uint64_t hash_bytes(uint64_t seed, const char *at, size_t size) {
    constexpr uint64_t kFirst = 0xa0761d6478bd642fULL, kSecond = 0xe7037ed1a0b428dbULL;
    const uint64_t length = size;
    uint64_t state = seed;
    while (size > 16) {
        state = fold_multiply(load64(at) ^ kFirst, load64(at + 8) ^ state);
        at += 16;
        size -= 16;
    }
    uint64_t low = 0, high = 0;
    if (size >= 8) {  // two overlapping loads cover 8 to 16 bytes
        low = load64(at);
        high = load64(at + size - 8);
    } else if (size > 0) {
        low = load_tail(at, size);
    }
    return fold_multiply(fold_multiply(low ^ kFirst, high ^ state) ^ kSecond, length ^ kSecond ^ seed);
}

// Folds the hash of the next part into the hash of a sequence; order matters, and no part is lost (see `mix`).
inline uint64_t combine(uint64_t sequence, uint64_t part) {
    return mix(sequence * 0x9e3779b97f4a7c15ULL + part);
}

}  // namespace levada
