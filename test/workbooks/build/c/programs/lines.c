/* Splits a text into lines and words, counts and sorts them. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char text[] = "the quick brown fox\njumps over the lazy dog\nthe end\n";

struct count { char word[16]; int times; };

static int order(const void *a, const void *b)
{
    const struct count *x = a, *y = b;
    return x->times != y->times ? y->times - x->times : strcmp(x->word, y->word);
}

int main(void)
{
    struct count words[32];
    int n = 0, lines = 0;
    for (const char *s = text; *s;) {
        if (*s == '\n') lines++;
        if (!isalpha((unsigned char)*s)) {
            s++;
            continue;
        }
        char word[16];
        int length = 0;
        while (isalpha((unsigned char)*s)) word[length++] = *s++;
        word[length] = 0;
        int i = 0;
        while (i < n && strcmp(words[i].word, word)) i++;
        if (i == n) {
            strcpy(words[n].word, word);
            words[n++].times = 0;
        }
        words[i].times++;
    }
    qsort(words, (size_t)n, sizeof *words, order);
    for (int i = 0; i < n; i++) printf("%d %s\n", words[i].times, words[i].word);
    printf("%d lines\n", lines);
    return 0;
}
