/* 64-bit hashes, rotations and multiplication in both widths. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t fnv(const char *s)
{
    uint64_t h = 14695981039346656037ULL;
    while (*s) h = (h ^ (uint8_t)*s++) * 1099511628211ULL;
    return h;
}

static uint32_t adler(const char *s)
{
    uint32_t a = 1, b = 0;
    for (; *s; s++) {
        a = (a + (uint8_t)*s) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static uint64_t high(uint64_t a, uint64_t b)
{
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t middle = ah * bl + (al * bl >> 32), other = al * bh + (uint32_t)middle;
    return ah * bh + (middle >> 32) + (other >> 32);
}

int main(void)
{
    const char *texts[] = {"", "a", "workbook", "the quick brown fox"};
    for (int i = 0; i < 4; i++) printf("%016" PRIx64 " %08" PRIx32 "\n", fnv(texts[i]), adler(texts[i]));
    printf("%016" PRIx64 "\n", high(0xfedcba9876543210ULL, 0x0123456789abcdefULL));
    return 0;
}
