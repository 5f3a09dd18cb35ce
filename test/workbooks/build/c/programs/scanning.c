/* sscanf: numbers, sets, widths, what is skipped. */
#include <stdio.h>

int main(void)
{
    int a, b, n;
    double x;
    char word[16], rest[32];
    unsigned hex;
    printf("%d ", sscanf("12 -34 rest", "%d %d", &a, &b));
    printf("%d %d\n", a, b);
    printf("%d ", sscanf("3.5e1abc", "%lf%3s", &x, word));
    printf("%g %s\n", x, word);
    printf("%d ", sscanf("ff:name=value", "%x:%[a-z]=%31[^\n]", &hex, word, rest));
    printf("%x %s %s\n", hex, word, rest);
    printf("%d ", sscanf("2026-11-21", "%d-%*d-%d%n", &a, &b, &n));
    printf("%d %d %d\n", a, b, n);
    printf("%d %d\n", sscanf("", "%d", &a), sscanf("x", "%d", &a));
    char c;
    printf("%d ", sscanf("  q", " %c", &c));
    printf("%c\n", c);
    return 0;
}
