/* memcpy, memmove over itself, memset, memcmp, memchr. */
#include <stdio.h>
#include <string.h>

int main(void)
{
    char text[32] = "0123456789abcdef";
    memmove(text + 2, text, 10);
    puts(text);
    memmove(text, text + 5, 8);
    puts(text);
    char copy[32];
    memcpy(copy, text, sizeof copy);
    printf("%d\n", memcmp(copy, text, sizeof copy));
    copy[3] = 'Z';
    printf("%d\n", memcmp(copy, text, 16) > 0);
    memset(copy, '-', 5);
    puts(copy);
    char *at = memchr(text, 'c', sizeof text);
    printf("%d %d\n", at ? (int)(at - text) : -1, memchr(text, 'z', 16) == NULL);
    double numbers[4] = {1, 2, 3, 4}, others[4];
    memcpy(others, numbers, sizeof numbers);
    printf("%g\n", others[3]);
    return 0;
}
