/* inline, restrict, static in parameters, const: what C99 added to declarations. */
#include <stdio.h>

static inline int square(int x) { return x * x; }

static void scaled(int n, double *restrict to, const double *restrict from, double by)
{
    for (int i = 0; i < n; i++) to[i] = from[i] * by;
}

static int first(const int xs[static 2]) { return xs[0] + xs[1]; }

int main(void)
{
    const double from[] = {1, 2, 3};
    double to[3];
    scaled(3, to, from, 1.5);
    printf("%g %g %g\n", to[0], to[1], to[2]);
    printf("%d %d\n", square(7), first((int[]){3, 4}));
    for (int i = 0, j = 10; i < 3; i++, j--) printf("%d ", i * j);
    putchar('\n');
    // A comment of this kind is new in C99 too. \
    So is this line a part of it.
    return 0;
}
