/* volatile and const together, and loops that must not vanish. */
#include <stdio.h>

static volatile int busy = 10;
static const volatile int fixed = 3;

int main(void)
{
    int rounds = 0;
    while (busy > 0) {
        busy = busy - fixed + 1;
        rounds++;
    }
    printf("%d %d %d\n", rounds, busy, fixed * fixed);
    return rounds;
}
