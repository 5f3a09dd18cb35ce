#include <stdio.h>
#include <unistd.h>

int main(void) {
    unsigned char bytes[256];
    for (int i = 0; i < 256; i++) bytes[i] = (unsigned char)i;
    fwrite(bytes, 1, sizeof bytes, stdout);
    fflush(stdout);
    for (int i = 255; i >= 0; i--) write(2, &bytes[i], 1);
    return 0;
}
