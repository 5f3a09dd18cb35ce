/* All orders of some letters, by exchange and by rule. */
#include <stdio.h>
#include <string.h>

static int count;

static void permute(char *s, int from, int n)
{
    if (from == n) {
        printf("%s%c", s, ++count % 12 ? ' ' : '\n');
        return;
    }
    for (int i = from; i < n; i++) {
        char t = s[from]; s[from] = s[i]; s[i] = t;
        permute(s, from + 1, n);
        t = s[from]; s[from] = s[i]; s[i] = t;
    }
}

static int following(char *s)
{
    int n = (int)strlen(s), i = n - 2, j = n - 1;
    while (i >= 0 && s[i] >= s[i + 1]) i--;
    if (i < 0) return 0;
    while (s[j] <= s[i]) j--;
    char t = s[i]; s[i] = s[j]; s[j] = t;
    for (int a = i + 1, b = n - 1; a < b; a++, b--) { t = s[a]; s[a] = s[b]; s[b] = t; }
    return 1;
}

int main(void)
{
    char letters[] = "abcd", repeated[] = "aabbc";
    permute(letters, 0, 4);
    int n = 1;
    while (following(repeated)) n++;
    printf("%d %s\n", n, repeated);
    return n;
}
