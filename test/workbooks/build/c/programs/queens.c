/* Queens on boards of up to nine. */
#include <stdio.h>

static int place(int n, unsigned columns, unsigned left, unsigned right)
{
    unsigned all = (1u << n) - 1;
    if (columns == all) return 1;
    int ways = 0;
    for (unsigned free = all & ~(columns | left | right); free; free &= free - 1) {
        unsigned bit = free & -free;
        ways += place(n, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return ways;
}

int main(void)
{
    for (int n = 1; n < 10; n++) printf("%d: %d\n", n, place(n, 0, 0, 0));
    return place(8, 0, 0, 0);
}
