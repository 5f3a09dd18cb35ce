/* Long loops over 64 bits. */
#include <inttypes.h>
#include <stdio.h>

int main(void)
{
    int best = 0;
    uint64_t which = 0, peak = 0;
    for (uint64_t start = 1; start < 20000; start++) {
        int steps = 0;
        for (uint64_t n = start; n != 1; steps++) {
            n = n % 2 ? 3 * n + 1 : n / 2;
            if (n > peak) peak = n;
        }
        if (steps > best) {
            best = steps;
            which = start;
        }
    }
    printf("%d %" PRIu64 " %" PRIu64 "\n", best, which, peak);
    return 0;
}
