/* tgmath.h, and the classification of numbers. */
#include <math.h>
#include <stdio.h>
#include <tgmath.h>

int main(void)
{
    float f = 2.0f;
    double d = 2.0;
    printf("%d %d\n", (int)sizeof(sqrt(f)), (int)sizeof(sqrt(d)));
    printf("%.6g %.6g\n", (double)sqrt(f), sqrt(d));
    printf("%d %d %d %d\n", fpclassify(0.0) == FP_ZERO, fpclassify(1e-310) == FP_SUBNORMAL, isnormal(1.0) != 0, isinf(-INFINITY) != 0);
    printf("%d %d %d\n", isgreater(2.0, 1.0), isless(NAN, 1.0), isunordered(NAN, 1.0));
    return 0;
}
