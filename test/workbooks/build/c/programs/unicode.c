/* Text beyond ASCII: bytes, wide characters, escapes. */
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

static int codepoints(const char *s)
{
    int n = 0;
    for (; *s; s++) n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

int main(void)
{
    const char *text = "gr\u00fc\u00dfe \u4e16\u754c";
    printf("%s %d %d\n", text, (int)strlen(text), codepoints(text));
    wchar_t wide[] = L"wide";
    printf("%d %d %d\n", (int)wcslen(wide), wcscmp(wide, L"wide"), (int)(wcschr(wide, L'd') - wide));
    printf("%d %d\n", iswalpha(L'q') != 0, (int)towupper(L'q'));
    for (const unsigned char *s = (const unsigned char *)text; *s; s++) printf("%02x", *s);
    putchar('\n');
    return 0;
}
