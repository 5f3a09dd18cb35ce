/* Encodes and decodes runs of characters. */
#include <stdio.h>
#include <string.h>

static void encode(const char *from, char *to)
{
    while (*from) {
        int n = 1;
        while (from[n] == *from) n++;
        to += sprintf(to, "%d%c", n, *from);
        from += n;
    }
    *to = 0;
}

static void decode(const char *from, char *to)
{
    int n, used;
    char c;
    while (sscanf(from, "%d%c%n", &n, &c, &used) == 2) {
        memset(to, c, (size_t)n);
        to += n;
        from += used;
    }
    *to = 0;
}

int main(void)
{
    const char *texts[] = {"aaabbbccccd", "x", "", "zzzzzzzzzzzzzzzz!!"};
    for (int i = 0; i < 4; i++) {
        char coded[64], back[64];
        encode(texts[i], coded);
        decode(coded, back);
        printf("%s -> %s %d\n", texts[i], coded, strcmp(texts[i], back));
    }
    return 0;
}
