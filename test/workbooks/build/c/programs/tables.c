/* Constant tables, tables of structs, a checksum by table. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint32_t table[256];

static void fill(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
        table[i] = c;
    }
}

static uint32_t checksum(const void *data, size_t n)
{
    const uint8_t *bytes = data;
    uint32_t c = UINT32_MAX;
    while (n--) c = table[(c ^ *bytes++) & 255] ^ (c >> 8);
    return ~c;
}

int main(void)
{
    fill();
    const char *texts[] = {"", "a", "123456789", "The quick brown fox jumps over the lazy dog"};
    for (int i = 0; i < 4; i++) printf("%08" PRIx32 "\n", checksum(texts[i], strlen(texts[i])));
    return 0;
}
