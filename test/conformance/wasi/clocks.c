#include <stdio.h>
#include <time.h>
#include <unistd.h>

static long long nanoseconds(struct timespec t) { return t.tv_sec * 1000000000ll + t.tv_nsec; }

int main(void) {
    struct timespec before, after, resolution;
    clock_gettime(CLOCK_MONOTONIC, &before);
    for (int i = 0; i < 1000; i++) {
        clock_gettime(CLOCK_MONOTONIC, &after);
        if (nanoseconds(after) < nanoseconds(before)) return puts("backwards"), 1;
        before = after;
    }
    clock_gettime(CLOCK_MONOTONIC, &before);
    usleep(20000);
    clock_gettime(CLOCK_MONOTONIC, &after);
    printf("slept long enough: %d\n", nanoseconds(after) - nanoseconds(before) >= 20000000);
    clock_gettime(CLOCK_REALTIME, &after);
    printf("after 2020: %d\n", after.tv_sec > 1577836800);
    clock_getres(CLOCK_MONOTONIC, &resolution);
    printf("a resolution: %d\n", nanoseconds(resolution) > 0);
    return 0;
}
