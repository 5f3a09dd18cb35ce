/* Numbers in Roman letters, there and back. */
#include <stdio.h>
#include <string.h>

static const struct { int value; const char *text; } parts[] = {
    {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
    {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"},
};

static void write(int n, char *to)
{
    *to = 0;
    for (size_t i = 0; n; i++)
        for (; n >= parts[i].value; n -= parts[i].value) strcat(to, parts[i].text);
}

static int read(const char *s)
{
    int n = 0;
    for (size_t i = 0; *s; i++) {
        size_t length = strlen(parts[i].text);
        while (!strncmp(s, parts[i].text, length)) {
            n += parts[i].value;
            s += length;
        }
    }
    return n;
}

int main(void)
{
    char text[32];
    int wrong = 0;
    for (int n = 1; n < 4000; n++) {
        write(n, text);
        wrong += read(text) != n;
        if (n % 487 == 0) puts(text);
    }
    return wrong;
}
