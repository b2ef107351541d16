/* Included before a client's own text by `make prove`: names that the headers of boards bring along. */
#ifndef WSSURE_BOARD_H
#define WSSURE_BOARD_H
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#endif
