/* complex.h. */
#include <complex.h>
#include <stdio.h>

int main(void)
{
    double complex a = 3 + 4 * I, b = 1 - 2 * I;
    double complex sum = a + b, product = a * b, quotient = a / b;
    printf("%g%+gi %g%+gi %g%+gi\n", creal(sum), cimag(sum), creal(product), cimag(product), creal(quotient), cimag(quotient));
    printf("%g %.6f %g\n", cabs(a), carg(b), creal(conj(a) * a));
    double complex root = csqrt(-4);
    printf("%g %g\n", creal(root), cimag(root));
    printf("%.6f %.6f\n", creal(cexp(I * 1.0)), cimag(cexp(I * 1.0)));
    return 0;
}
