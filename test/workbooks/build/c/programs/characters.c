/* ctype.h over all of ASCII. */
#include <ctype.h>
#include <stdio.h>

int main(void)
{
    for (int c = 0; c < 128; c++) {
        printf("%d:%d%d%d%d%d%d%d%d%d%d%d%d ", c, !!isalnum(c), !!isalpha(c), !!isblank(c), !!iscntrl(c), !!isdigit(c),
               !!isgraph(c), !!islower(c), !!isprint(c), !!ispunct(c), !!isspace(c), !!isupper(c), !!isxdigit(c));
        if (c % 8 == 7) putchar('\n');
    }
    for (const char *s = "Hello, World 42"; *s; s++) printf("%c%c", toupper((unsigned char)*s), tolower((unsigned char)*s));
    putchar('\n');
    return 0;
}
