/* errno and strerror where they are the same everywhere, and status by exit from deep within. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void deeper(int n)
{
    if (n == 0) {
        puts("leaving");
        exit(42);
    }
    deeper(n - 1);
}

int main(void)
{
    errno = 0;
    FILE *file = fopen("/no/such/file", "r");
    printf("%d %d\n", file == NULL, errno != 0);
    errno = 0;
    double root = sqrt(-1);
    printf("%d\n", root != root);
    deeper(20);
    return 0;
}
