/* Functions of any number of arguments, of several types, copied lists. */
#include <stdarg.h>
#include <stdio.h>

static double total(const char *kinds, ...)
{
    va_list list;
    double sum = 0;
    va_start(list, kinds);
    for (; *kinds; kinds++) switch (*kinds) {
        case 'i': sum += va_arg(list, int); break;
        case 'd': sum += va_arg(list, double); break;
        case 'l': sum += (double)va_arg(list, long long); break;
        case 's': sum += va_arg(list, const char *)[0]; break;
        }
    va_end(list);
    return sum;
}

static int twice(int n, ...)
{
    va_list list, again;
    va_start(list, n);
    va_copy(again, list);
    int a = 0, b = 0;
    for (int i = 0; i < n; i++) a += va_arg(list, int);
    for (int i = 0; i < n; i++) b = b * 2 + va_arg(again, int);
    va_end(again);
    va_end(list);
    return a * 1000 + b;
}

int main(void)
{
    printf("%g\n", total("idlsi", 1, 2.5, 3LL, "A", -7));
    printf("%d\n", twice(4, 1, 2, 3, 4));
    printf("%g\n", total(""));
    return 0;
}
