/* Generators of our own: the library's differ. */
#include <inttypes.h>
#include <stdio.h>

static uint64_t state = 88172645463325252ULL;

static uint64_t shifted(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

int main(void)
{
    int buckets[10] = {0};
    for (int i = 0; i < 10000; i++) buckets[shifted() % 10]++;
    for (int i = 0; i < 10; i++) printf("%d ", buckets[i]);
    printf("\n%" PRIu64 "\n", shifted());
    double inside = 0;
    for (int i = 0; i < 20000; i++) {
        double x = (double)(shifted() >> 11) / 9007199254740992.0, y = (double)(shifted() >> 11) / 9007199254740992.0;
        inside += x * x + y * y < 1;
    }
    printf("%.3f\n", 4 * inside / 20000);
    return 0;
}
