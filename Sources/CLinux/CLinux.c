#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

#define SAME_SIZE(ours, theirs) _Static_assert(sizeof(ours) == sizeof(theirs), #ours)
#define SAME_PLACE(ours, our_field, theirs, their_field)                                 \
  _Static_assert(offsetof(ours, our_field) == offsetof(theirs, their_field), #our_field)

SAME_SIZE(struct linux_vector, struct iovec);
SAME_PLACE(struct linux_vector, length, struct iovec, iov_len);

_Static_assert(sizeof(struct sockaddr_in6) == LINUX_SOCKET_ADDRESS_BYTES, "address");
_Static_assert(sizeof(struct sockaddr_in) == LINUX_IPV4_SOCKET_ADDRESS_BYTES, "address");
SAME_PLACE(struct linux_socket_address, port, struct sockaddr_in6, sin6_port);
SAME_PLACE(struct linux_socket_address, high, struct sockaddr_in6, sin6_addr);
SAME_PLACE(struct linux_socket_address, scope, struct sockaddr_in6, sin6_scope_id);
SAME_PLACE(struct linux_socket_address, port, struct sockaddr_in, sin_port);
SAME_PLACE(struct linux_socket_address, flow_or_ipv4, struct sockaddr_in, sin_addr);

#define MESSAGE_FIELD(ours, theirs)                                                      \
  _Static_assert(offsetof(struct linux_message, ours) ==                                 \
                 offsetof(struct mmsghdr, msg_hdr) + offsetof(struct msghdr, theirs), #ours)
SAME_SIZE(struct linux_message, struct mmsghdr);
SAME_PLACE(struct linux_message, length, struct mmsghdr, msg_len);
MESSAGE_FIELD(name, msg_name);
MESSAGE_FIELD(name_length, msg_namelen);
MESSAGE_FIELD(vectors, msg_iov);
MESSAGE_FIELD(vector_count, msg_iovlen);
MESSAGE_FIELD(control, msg_control);
MESSAGE_FIELD(control_length, msg_controllen);
MESSAGE_FIELD(flags, msg_flags);

_Static_assert(CMSG_LEN(sizeof(uint16_t)) == LINUX_SEGMENT_CONTROL_BYTES, "control");
_Static_assert(sizeof(struct linux_segment_control) == CMSG_SPACE(sizeof(uint16_t)), "control");
SAME_PLACE(struct linux_segment_control, level, struct cmsghdr, cmsg_level);
SAME_PLACE(struct linux_segment_control, type, struct cmsghdr, cmsg_type);
_Static_assert(CMSG_LEN(sizeof(struct in_pktinfo)) == LINUX_SOURCE_CONTROL_BYTES, "control");
_Static_assert(sizeof(struct linux_source_control) == CMSG_SPACE(sizeof(struct in_pktinfo)),
               "control");
_Static_assert(LINUX_TRUNCATED == MSG_TRUNC, "flags");
_Static_assert(
    LINUX_ARRIVAL_CONTROL_BYTES == CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(uint32_t)) +
                                       CMSG_SPACE(sizeof(struct timespec)) +
                                       CMSG_SPACE(sizeof(struct in_pktinfo)),
    "control");

SAME_SIZE(struct linux_poll_event, struct epoll_event);
SAME_PLACE(struct linux_poll_event, token, struct epoll_event, data);
_Static_assert(LINUX_POLL_IN == EPOLLIN && LINUX_POLL_OUT == EPOLLOUT, "events");

void linux_prepare_segment_control(struct linux_segment_control *control) {
  control->length = LINUX_SEGMENT_CONTROL_BYTES;
  control->level = SOL_UDP;
  control->type = UDP_SEGMENT;
}

void linux_prepare_source_control(struct linux_source_control *control, uint32_t source) {
  control->length = LINUX_SOURCE_CONTROL_BYTES;
  control->level = IPPROTO_IP;
  control->type = IP_PKTINFO;
  control->interface = 0;
  control->source = source;
  control->destination = 0;
}

int linux_receive_batch(int socket, struct linux_message *messages, unsigned count) {
  return recvmmsg(socket, (struct mmsghdr *)messages, count, MSG_DONTWAIT, NULL);
}

int linux_send_batch(int socket, struct linux_message *messages, unsigned count) {
  return sendmmsg(socket, (struct mmsghdr *)messages, count, MSG_DONTWAIT);
}

static void ask(int socket, int forced, int plain, int bytes) {
  if (setsockopt(socket, SOL_SOCKET, forced, &bytes, sizeof bytes) != 0)
    setsockopt(socket, SOL_SOCKET, plain, &bytes, sizeof bytes);
}

void linux_ask_for_buffers(int socket, int bytes) {
  ask(socket, SO_RCVBUFFORCE, SO_RCVBUF, bytes);
  ask(socket, SO_SNDBUFFORCE, SO_SNDBUF, bytes);
}

int linux_granted_buffer(int socket, int is_sending) {
  int bytes = 0;
  socklen_t length = sizeof bytes;
  int option = is_sending ? SO_SNDBUF : SO_RCVBUF;
  return getsockopt(socket, SOL_SOCKET, option, &bytes, &length) == 0 ? bytes : -1;
}

int64_t linux_overflowed(int socket) {
  uint32_t memory[SK_MEMINFO_VARS];
  socklen_t length = sizeof memory;
  if (getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory, &length) != 0) return -1;
  return length > SK_MEMINFO_DROPS * sizeof memory[0] ? memory[SK_MEMINFO_DROPS] : -1;
}

int linux_forbid_fragments(int socket) {
  int ipv4 = IP_PMTUDISC_PROBE, ipv6 = IPV6_PMTUDISC_PROBE;
  // One of the two does not apply to the socket; that is no fault.
  int first = setsockopt(socket, IPPROTO_IP, IP_MTU_DISCOVER, &ipv4, sizeof ipv4);
  int second = setsockopt(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &ipv6, sizeof ipv6);
  return first == 0 || second == 0 ? 0 : -1;
}

int linux_gather_arrivals(int socket) {
  int one = 1;
  if (setsockopt(socket, SOL_SOCKET, SO_RXQ_OVFL, &one, sizeof one) != 0) return -1;
  return setsockopt(socket, SOL_UDP, UDP_GRO, &one, sizeof one);
}

int linux_stamp_arrivals(int socket) {
  int one = 1;
  return setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
}

int linux_tell_destinations(int socket) {
  int one = 1;
  return setsockopt(socket, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
}

void linux_read_arrival(const struct linux_message *message, struct linux_arrival *arrival) {
  struct msghdr *header = &((struct mmsghdr *)message)->msg_hdr;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
    if (part->cmsg_level == SOL_UDP && part->cmsg_type == UDP_GRO)
      memcpy(&arrival->segment_bytes, CMSG_DATA(part), sizeof arrival->segment_bytes);
    else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_RXQ_OVFL)
      memcpy(&arrival->dropped, CMSG_DATA(part), sizeof arrival->dropped);
    else if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO)
      memcpy(&arrival->destination, CMSG_DATA(part) + offsetof(struct in_pktinfo, ipi_addr),
             sizeof arrival->destination);
    else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec time;
      memcpy(&time, CMSG_DATA(part), sizeof time);
      arrival->stamp = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
    }
  }
}

int linux_poll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int linux_poll_add(int poll, int descriptor, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

int linux_poll_remove(int poll, int descriptor) {
  return epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, NULL);
}

int linux_poll_wait(int poll, struct linux_poll_event *events, int count, int64_t nanoseconds) {
  struct epoll_event *out = (struct epoll_event *)events;
  if (nanoseconds < 0) return epoll_wait(poll, out, count, -1);
  struct timespec span = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  int ready = epoll_pwait2(poll, out, count, &span, NULL);
  if (ready >= 0 || (errno != ENOSYS && errno != EPERM)) return ready;
  // An older kernel, or a sandbox that does not know the call: whole milliseconds, rounded up.
  int64_t milliseconds = nanoseconds / 1000000 + (nanoseconds % 1000000 != 0);
  return epoll_wait(poll, out, count, milliseconds > 60000 ? 60000 : (int)milliseconds);
}

int linux_event_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int linux_signals_create(const int *signals, int count) {
  sigset_t set;
  sigemptyset(&set);
  for (int index = 0; index < count; index++) sigaddset(&set, signals[index]);
  if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int linux_signals_read(int descriptor) {
  struct signalfd_siginfo arrived;
  if (read(descriptor, &arrived, sizeof arrived) != sizeof arrived) return -1;
  return (int)arrived.ssi_signo;
}

void linux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int linux_bind_to_processor(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0 ? 0 : errno;
}

int64_t linux_raise_descriptor_limit(int64_t wanted) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if ((int64_t)limit.rlim_cur >= wanted) return (int64_t)limit.rlim_cur;
  rlim_t allowed = limit.rlim_max;
  struct rlimit raised = {(rlim_t)wanted, limit.rlim_max};
  if (raised.rlim_cur > raised.rlim_max) raised.rlim_max = raised.rlim_cur;
  if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
    raised.rlim_cur = raised.rlim_max = allowed;
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) return (int64_t)limit.rlim_cur;
  }
  return (int64_t)raised.rlim_cur;
}

int linux_processors(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int linux_random(void *bytes, uint64_t count) {
  uint8_t *next = bytes;
  while (count > 0) {
    ssize_t got = getrandom(next, count, 0);
    if (got < 0 && errno != EINTR) return -1;
    if (got > 0) {
      next += got;
      count -= (uint64_t)got;
    }
  }
  return 0;
}
