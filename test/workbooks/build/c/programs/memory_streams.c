/* Buffers, ungetc and fprintf to both streams. */
#include <stdarg.h>
#include <stdio.h>

static int say(FILE *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vfprintf(to, format, arguments);
    va_end(arguments);
    return n;
}

int main(void)
{
    int n = say(stdout, "%s %d\n", "numbers", 12);
    say(stderr, "this is not compared\n");
    fputs("text\n", stdout);
    fputc('c', stdout);
    putc('\n', stdout);
    fwrite("bytes\n", 1, 6, stdout);
    printf("%d\n", n);
    printf("%d\n", ungetc('x', stdin) == 'x' && getc(stdin) == 'x');
    fflush(stdout);
    setvbuf(stdout, NULL, _IONBF, 0);
    puts("without a buffer");
    return 0;
}
