/* Reverses the words of a sentence in place. */
#include <stdio.h>
#include <string.h>

static void reverse(char *from, char *to)
{
    while (from < --to) {
        char t = *from;
        *from++ = *to;
        *to = t;
    }
}

int main(void)
{
    char text[] = "  one two  three four ";
    reverse(text, text + strlen(text));
    for (char *s = text; *s;) {
        if (*s == ' ') {
            s++;
            continue;
        }
        char *end = s + strcspn(s, " ");
        reverse(s, end);
        s = end;
    }
    printf("[%s]\n", text);
    return 0;
}
