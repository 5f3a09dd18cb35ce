/* Constants of all kinds, and limits that do not depend on the machine. */
#include <float.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>

int main(void)
{
    printf("%d %d %d %d\n", 0x7f, 0177, 127, '\x7f');
    printf("%d %d %d %d %d\n", 'a', '\n', '\0', '\'', '\\');
    printf("%d %d %d\n", CHAR_BIT, SCHAR_MIN, UCHAR_MAX);
    printf("%d %d %u\n", INT_MIN, INT_MAX, UINT_MAX);
    printf("%lld %llu\n", LLONG_MIN, ULLONG_MAX);
    printf("%d %d %d %d\n", FLT_DIG, DBL_DIG, DBL_MAX_EXP, FLT_MANT_DIG);
    printf("%g %g %g\n", DBL_MAX, DBL_MIN, DBL_EPSILON);
    printf("%a %a\n", 0x1.8p3, 1e-3);
    printf("%s" " " "%s\n", "joined " "together", "\101\x42\103");
    printf("%g %g %g\n", 1e10, .5, 5.);
    return 0;
}
