/* printf: widths, precisions, flags. */
#include <stdio.h>

int main(void)
{
    int n = 0;
    printf("[%5d] [%-5d] [%05d] [%+d] [% d] [%.3d]%n\n", 42, 42, 42, 42, 42, 7, &n);
    printf("%d\n", n);
    printf("[%x] [%X] [%#x] [%o] [%#o] [%c]\n", 255, 255, 255, 8, 8, 'q');
    printf("[%10s] [%-10s] [%.2s] [%*s] [%-*s]\n", "abc", "abc", "abc", 6, "ab", 6, "ab");
    printf("[%f] [%.2f] [%10.3f] [%-10.1f] [%e] [%.0e]\n", 3.14159, 3.14159, 3.14159, 3.14159, 31415.9, 31415.9);
    printf("[%g] [%g] [%g] [%.3g] [%#g]\n", 1e-5, 123456789.0, 100.0, 1234.5, 1.0);
    printf("[%hhd] [%hd] [%lld] [%llu] [%%]\n", (signed char)-1, (short)-2, -3LL, 4ULL);
    printf("[%i] [%u] [%5.1f%%]\n", -7, 7u, 99.5);
    char buffer[10];
    int wanted = snprintf(buffer, sizeof buffer, "%s", "longer than ten");
    printf("%s %d\n", buffer, wanted);
    sprintf(buffer, "%03d", 7);
    puts(buffer);
    return 0;
}
