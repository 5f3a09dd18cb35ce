/* Encodes and decodes bytes. */
#include <stdio.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode(const unsigned char *from, size_t n, char *to)
{
    for (size_t i = 0; i < n; i += 3) {
        unsigned bits = (unsigned)from[i] << 16 | (i + 1 < n ? from[i + 1] << 8 : 0) | (i + 2 < n ? from[i + 2] : 0);
        *to++ = alphabet[bits >> 18];
        *to++ = alphabet[bits >> 12 & 63];
        *to++ = i + 1 < n ? alphabet[bits >> 6 & 63] : '=';
        *to++ = i + 2 < n ? alphabet[bits & 63] : '=';
    }
    *to = 0;
}

static size_t decode(const char *from, unsigned char *to)
{
    unsigned char *start = to;
    unsigned bits = 0;
    int have = 0;
    for (; *from && *from != '='; from++) {
        bits = bits << 6 | (unsigned)(strchr(alphabet, *from) - alphabet);
        if ((have += 6) >= 8) *to++ = (unsigned char)(bits >> (have -= 8));
    }
    return (size_t)(to - start);
}

int main(void)
{
    unsigned char bytes[64], back[64];
    char text[96];
    for (size_t n = 0; n < 40; n += 7) {
        for (size_t i = 0; i < n; i++) bytes[i] = (unsigned char)(i * 37 + n);
        encode(bytes, n, text);
        size_t m = decode(text, back);
        printf("%s %d\n", text, m == n && !memcmp(bytes, back, n));
    }
    return 0;
}
