/* The types of stdint.h and their conversions. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

int main(void)
{
    int64_t wide = INT64_C(0x123456789abcdef0);
    printf("%" PRId8 " %" PRIu8 " %" PRId16 " %" PRIu16 " %" PRId32 " %" PRIu32 "\n", (int8_t)wide, (uint8_t)wide,
           (int16_t)wide, (uint16_t)wide, (int32_t)wide, (uint32_t)wide);
    printf("%" PRIx64 " %" PRIo64 "\n", wide, wide);
    printf("%" PRId64 " %" PRId64 "\n", INT64_MIN, INT64_MAX);
    bool yes = 42, no = 0.0;
    printf("%d %d %d\n", yes, no, yes + yes);
    uint64_t product = (uint64_t)UINT32_MAX * UINT32_MAX;
    printf("%" PRIu64 " %" PRIu64 "\n", product, product >> 32);
    printf("%" PRId64 "\n", (int64_t)(int32_t)0x80000000u);
    printf("%d %d\n", (int)sizeof(int_least16_t), (int)sizeof(uint64_t));
    return 0;
}
