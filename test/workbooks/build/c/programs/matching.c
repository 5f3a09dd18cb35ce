/* A small matcher of patterns, recursive. */
#include <stdio.h>

static int here(const char *pattern, const char *text);

static int star(char c, const char *pattern, const char *text)
{
    do {
        if (here(pattern, text)) return 1;
    } while (*text && (*text++ == c || c == '.'));
    return 0;
}

static int here(const char *pattern, const char *text)
{
    if (!pattern[0]) return 1;
    if (pattern[1] == '*') return star(pattern[0], pattern + 2, text);
    if (pattern[0] == '$' && !pattern[1]) return !*text;
    return *text && (pattern[0] == '.' || pattern[0] == *text) && here(pattern + 1, text + 1);
}

static int match(const char *pattern, const char *text)
{
    if (*pattern == '^') return here(pattern + 1, text);
    do {
        if (here(pattern, text)) return 1;
    } while (*text++);
    return 0;
}

int main(void)
{
    const char *patterns[] = {"^ab*c$", "b.d", "x*", "^$", "c.*c"};
    const char *texts[] = {"abbbc", "ac", "bad", "", "abcabc"};
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++) printf("%d%c", match(patterns[i], texts[j]), j < 4 ? ' ' : '\n');
    return 0;
}
