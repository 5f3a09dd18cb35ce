/* Integer arithmetic: signs of division and remainder, wrap-around of unsigned types, promotions. */
#include <stdint.h>
#include <stdio.h>

int main(void)
{
    int numbers[] = {7, -7, 0, 1, -1, 100};
    for (int i = 0; i < 6; i++)
        for (int d = -3; d <= 3; d++)
            if (d) printf("%d/%d=%d %%=%d\n", numbers[i], d, numbers[i] / d, numbers[i] % d);
    uint8_t small = 250;
    small += 10;
    uint16_t middle = 65530;
    middle += 10;
    uint32_t large = 4294967290u;
    large += 10;
    printf("%u %u %u\n", small, middle, large);
    printf("%d %d\n", (int8_t)200 < 0, (unsigned char)-1 > 0);
    printf("%d\n", -1 < 1u);
    return 3;
}
