// CEpoll: the kernel calls of the reactor, as static inline wrappers. No logic.
#ifndef FLASHKVD_CEPOLL_H
#define FLASHKVD_CEPOLL_H
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#endif
