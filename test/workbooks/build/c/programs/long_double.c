/* long double where its precision does not show. */
#include <stdio.h>

int main(void)
{
    long double sum = 0;
    for (int i = 1; i <= 10; i++) sum += 1.0L / (1 << i);
    printf("%.10Lf %d\n", sum, sum < 1.0L);
    printf("%Lg %.3Le\n", 1.5L * 4, 12345.0L);
    double back = (double)(sum * 1024);
    printf("%g\n", back);
    return 0;
}
