/* Numbers of any length: a factorial of many digits. */
#include <stdio.h>

int main(void)
{
    static unsigned char digits[500] = {1};
    int length = 1;
    for (int n = 2; n <= 150; n++) {
        int carry = 0;
        for (int i = 0; i < length; i++) {
            int value = digits[i] * n + carry;
            digits[i] = (unsigned char)(value % 10);
            carry = value / 10;
        }
        for (; carry; carry /= 10) digits[length++] = (unsigned char)(carry % 10);
    }
    for (int i = length; i--;) putchar('0' + digits[i]);
    putchar('\n');
    return length % 256;
}
