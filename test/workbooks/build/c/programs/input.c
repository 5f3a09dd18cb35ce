/* Reads numbers and words from standard input, which is empty here. */
#include <stdio.h>

int main(void)
{
    int n = 0, x, sum = 0;
    while (scanf("%d", &x) == 1) {
        sum += x;
        n++;
    }
    printf("%d numbers, sum %d, end %d, error %d\n", n, sum, feof(stdin) != 0, ferror(stdin) != 0);
    printf("%d\n", getchar() == EOF);
    return n;
}
