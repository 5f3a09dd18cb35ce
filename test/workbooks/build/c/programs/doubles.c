/* Doubles: rounding, comparisons, infinities and what is no number. */
#include <math.h>
#include <stdio.h>

int main(void)
{
    double xs[] = {0.0, -0.0, 1.5, -2.5, 3.49999, 1e300, INFINITY, -INFINITY};
    for (int i = 0; i < 8; i++) {
        double x = xs[i];
        printf("%g %g %g %g %g %d %d\n", floor(x), ceil(x), trunc(x), round(x), rint(x), !!signbit(x), !!isfinite(x));
    }
    double nan = xs[6] - xs[6];
    printf("%d %d %d\n", nan == nan, isnan(nan) != 0, nan < 1);
    printf("%.17g %.17g\n", 0.1 + 0.2, 1.0 / 3);
    printf("%d\n", 0.1 + 0.2 == 0.3);
    float f = 16777216.0f;
    printf("%d %.9g\n", f + 1.0f == f, (double)0.1f);
    printf("%d %d %u\n", (int)3.99, (int)-3.99, (unsigned)4e9);
    printf("%g %g\n", 1e308 * 10, -1e308 * 10);
    return 0;
}
