// files, read only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void refused(const char *what, int result) {
    printf("%s: %s\n", what, result < 0 ? "refused" : "allowed");
}

int main(void) {
    char buffer[64] = {0};
    int fd = open("/data/given", O_RDONLY);
    ssize_t length = read(fd, buffer, sizeof buffer - 1);
    printf("%zd: %s\n", length, buffer);
    refused("write to what is open for reading", (int)write(fd, "x", 1));
    refused("open for writing", open("/data/given", O_RDWR));
    refused("create", open("/data/new", O_CREAT | O_WRONLY, 0644));
    refused("truncate", truncate("/data/given", 0));
    refused("mkdir", mkdir("/data/folder", 0755));
    refused("unlink", unlink("/data/given"));
    refused("rename", rename("/data/given", "/data/taken"));
    return 0;
}
