/* math.h, to ten digits: libraries differ in the last ones. */
#include <math.h>
#include <stdio.h>

int main(void)
{
    for (double x = 0.25; x < 5; x += 0.75) {
        printf("%.10g %.10g %.10g %.10g\n", sin(x), cos(x), tan(x), atan2(x, 2));
        printf("%.10g %.10g %.10g %.10g\n", exp(x), log(x), log10(x), log2(x));
        printf("%.10g %.10g %.10g %.10g\n", sqrt(x), cbrt(x), pow(x, 2.5), hypot(x, 3));
        printf("%.10g %.10g %.10g %.10g\n", sinh(x), tanh(x), erf(x), tgamma(x));
        printf("%.10g %.10g %.10g\n", fmod(10, x), fabs(-x), fmax(x, 2));
    }
    int exponent;
    double whole, mantissa = frexp(48, &exponent), part = modf(-3.75, &whole);
    printf("%g %d %g %g %g\n", mantissa, exponent, part, whole, ldexp(0.75, 6));
    printf("%ld %lld %g %g\n", lround(2.5), llround(-2.5), copysign(3, -0.0), nextafter(1, 2) - 1);
    printf("%g %d\n", fma(2, 3, 4), ilogb(1000));
    return 0;
}
