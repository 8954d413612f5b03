/* A clock that is SKEW_SECONDS wrong, for a process that loads this with LD_PRELOAD. What only ticks stays right. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
  int failed = syscall(SYS_clock_gettime, clock, now);
  if (!failed && clock == CLOCK_REALTIME) now->tv_sec += atoi(getenv("SKEW_SECONDS"));
  return failed;
}
