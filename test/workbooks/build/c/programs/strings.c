/* string.h, function after function. */
#include <stdio.h>
#include <string.h>

static int sign(int n) { return (n > 0) - (n < 0); }

int main(void)
{
    char buffer[64] = "start";
    strcat(buffer, ", middle");
    strncat(buffer, ", end and more", 5);
    printf("%s %d\n", buffer, (int)strlen(buffer));
    printf("%d %d %d %d\n", sign(strcmp("a", "b")), sign(strcmp("b", "a")), strcmp("x", "x"), strncmp("abcd", "abxx", 2));
    printf("%s %s\n", strchr(buffer, ','), strrchr(buffer, ','));
    printf("%s %d\n", strstr(buffer, "mid"), strstr(buffer, "none") == NULL);
    printf("%d %d %s\n", (int)strspn("aabbc", "ab"), (int)strcspn("hello", "l"), strpbrk("key=value;", "=;"));
    char text[] = "one,two;;three", *word;
    for (word = strtok(text, ",;"); word; word = strtok(NULL, ",;")) printf("<%s>", word);
    putchar('\n');
    char short_one[4];
    strncpy(short_one, "abcdefgh", 4);
    printf("%.4s\n", short_one);
    strcpy(buffer, "fresh");
    printf("%s %d\n", buffer, sign(memcmp("abc", "abd", 3)));
    return 0;
}
