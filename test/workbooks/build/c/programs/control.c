/* goto, switch with fall through, do, break and continue in nested loops, the comma. */
#include <stdio.h>

static const char *kind(int n)
{
    switch (n) {
    case 0: return "none";
    case 1:
    case 2: return "few";
    default:
        if (n < 0) goto negative;
        return n > 100 ? "a lot" : "some";
    case 7: return "seven";
    }
negative:
    return "negative";
}

int main(void)
{
    for (int i = -1; i < 9; i++) printf("%s ", kind(i));
    printf("%s\n", kind(1000));
    int n = 10, steps = 0;
    do {
        if (n % 3 == 0) continue;
        steps++;
    } while (--n);
    printf("%d\n", steps);
    for (int i = 0, j = 10; i < j; i++, j -= 2) {
        for (int k = 0;; k++) {
            if (k == i) break;
            if (k % 2) continue;
            printf("(%d,%d,%d)", i, j, k);
        }
    }
    int count = 5;
    switch (count % 4) {
        do {
        case 0: putchar('0');
        case 3: putchar('3');
        case 2: putchar('2');
        case 1: putchar('1');
        } while ((count -= 4) > 0);
    }
    putchar('\n');
    return (count, 12);
}
