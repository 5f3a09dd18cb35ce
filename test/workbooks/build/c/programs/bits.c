/* Shifts, masks, counting of bits, rotations, reversal. */
#include <inttypes.h>
#include <stdio.h>

static int ones(uint32_t x)
{
    int n = 0;
    for (; x; x &= x - 1) n++;
    return n;
}

static uint32_t rotated(uint32_t x, unsigned n)
{
    n &= 31;
    return n ? (x << n) | (x >> (32 - n)) : x;
}

static uint64_t reversed(uint64_t x)
{
    uint64_t y = 0;
    for (int i = 0; i < 64; i++, x >>= 1) y = (y << 1) | (x & 1);
    return y;
}

int main(void)
{
    uint32_t x = 0xdeadbeef;
    for (unsigned n = 0; n < 33; n += 8) printf("%08" PRIx32 " ", rotated(x, n));
    printf("\n%d %d %d\n", ones(x), ones(0), ones(UINT32_MAX));
    printf("%016" PRIx64 "\n", reversed(0x0123456789abcdefULL));
    printf("%" PRId32 " %" PRIu32 "\n", (int32_t)x >> 4, x >> 4);
    printf("%x %x %x\n", x & 0xff, x | 0xff00, x ^ 0xffffffffu);
    return ones(x);
}
