#pragma once
// Linux calls that Swift's Glibc module does not offer. No system header is included here, so
// that this module never clashes with another one's view of them; structures that the kernel
// reads are mirrored, and CLinux.c asserts that their layout is the system's.
#include <stdint.h>

// Mirrors `struct iovec`.
struct linux_vector {
  void *bytes;
  uint64_t length;
};

// Mirrors `struct sockaddr_in6`; for AF_INET the address stands in `flow_or_ipv4`, as in
// `struct sockaddr_in`. All but `family` and `scope` are in network byte order.
struct linux_socket_address {
  uint16_t family;
  uint16_t port;
  uint32_t flow_or_ipv4;
  uint64_t high;
  uint64_t low;
  uint32_t scope;
};

// Mirrors `struct mmsghdr`: one message of a batch.
struct linux_message {
  void *name;
  uint32_t name_length;
  struct linux_vector *vectors;
  uint64_t vector_count;
  void *control;
  uint64_t control_length;
  int32_t flags;
  uint32_t padding;
  uint32_t length;
};

// Mirrors a `struct cmsghdr` of type UDP_SEGMENT with its value.
struct linux_segment_control {
  uint64_t length;
  int32_t level;
  int32_t type;
  uint16_t segment_bytes;
};

// Mirrors a `struct cmsghdr` of type IP_PKTINFO with its value; addresses are in network byte order.
struct linux_source_control {
  uint64_t length;
  int32_t level;
  int32_t type;
  int32_t interface;
  uint32_t source;
  uint32_t destination;
};

// Mirrors `struct epoll_event`, which is packed on x86-64 alone.
#if defined(__x86_64__)
struct __attribute__((packed)) linux_poll_event {
#else
struct linux_poll_event {
#endif
  uint32_t events;
  uint64_t token;
};

enum {
  LINUX_SOCKET_ADDRESS_BYTES = 28,
  LINUX_IPV4_SOCKET_ADDRESS_BYTES = 16,
  LINUX_SEGMENT_CONTROL_BYTES = 18,
  LINUX_SEGMENTS = 64,
  LINUX_SOURCE_CONTROL_BYTES = 28,
  LINUX_ARRIVAL_CONTROL_BYTES = 112,
  LINUX_TRUNCATED = 0x20,
  LINUX_POLL_IN = 0x001,
  LINUX_POLL_OUT = 0x004,
};

// Fills in the parts of a segment control message that never change.
void linux_prepare_segment_control(struct linux_segment_control *control);
// Fills in a control message that has a message leave from an IPv4 address of this machine, given
// in network byte order.
void linux_prepare_source_control(struct linux_source_control *control, uint32_t source);
// Receives up to `count` datagrams without waiting; how many, or -1 with errno.
int linux_receive_batch(int socket, struct linux_message *messages, unsigned count);
// Sends `count` messages without waiting; how many went, or -1 with errno for the first.
int linux_send_batch(int socket, struct linux_message *messages, unsigned count);
// Asks for socket buffers of `bytes`, past the system's limit where that is allowed.
void linux_ask_for_buffers(int socket, int bytes);
// Bytes of the socket's receive or send buffer, as the kernel counts them; -1 with errno.
int linux_granted_buffer(int socket, int is_sending);
// Datagrams that came while the socket's receive buffer was full, since it was opened and modulo
// 2^32: what SO_RXQ_OVFL would tell beside each datagram; -1 with errno.
int64_t linux_overflowed(int socket);
// Has every datagram sent with "don't fragment", without keeping path MTU state; 0, or -1.
int linux_forbid_fragments(int socket);

// Lets the kernel hand over datagrams of one size from one sender as one (UDP_GRO), and tell how
// many it dropped because the receive buffer was full; 0, or -1 where it can do neither.
int linux_gather_arrivals(int socket);
// Lets the kernel say when each datagram came (SO_TIMESTAMPNS); 0, or -1 where it cannot.
int linux_stamp_arrivals(int socket);
// Lets the kernel say to which IPv4 address each datagram was sent (IP_PKTINFO); 0, or -1 where it
// cannot.
int linux_tell_destinations(int socket);

// What comes with a received message, in LINUX_ARRIVAL_CONTROL_BYTES of control room.
struct linux_arrival {
  // Bytes of each of the datagrams that were gathered; 0 where it is one alone.
  uint32_t segment_bytes;
  // How many datagrams were dropped on the socket so far.
  uint32_t dropped;
  // The IPv4 address that they were sent to, in network byte order.
  uint32_t destination;
  // When the first of them came, in nanoseconds of CLOCK_REALTIME.
  int64_t stamp;
};
// Reads what the kernel says of a message; what it does not say stays as it is.
void linux_read_arrival(const struct linux_message *message, struct linux_arrival *arrival);

int linux_poll_create(void);
int linux_poll_add(int poll, int descriptor, uint32_t events, uint64_t token);
int linux_poll_remove(int poll, int descriptor);
// Waits for at most `nanoseconds`, or without end where that is negative.
int linux_poll_wait(int poll, struct linux_poll_event *events, int count, int64_t nanoseconds);

int linux_event_create(void);
// A descriptor that is readable when one of the given signals has come. They are blocked in the
// calling thread and in those that it starts from then on.
int linux_signals_create(const int *signals, int count);
// The number of a signal that has come, or -1.
int linux_signals_read(int descriptor);

// Names the calling thread, in at most 15 bytes.
void linux_name_thread(const char *name);
// Binds the calling thread to one processor; 0, or an errno.
int linux_bind_to_processor(int processor);
// Raises this process's limit on open descriptors to `wanted` or as near as is allowed; what holds
// now.
int64_t linux_raise_descriptor_limit(int64_t wanted);
// How many processors this process may use.
int linux_processors(void);
// Fills `bytes` from the kernel's generator; 0, or -1 with errno.
int linux_random(void *bytes, uint64_t count);
