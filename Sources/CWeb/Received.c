#include "CWeb.h"

// Not <netinet/tcp.h>: its tcp_info ends before what is asked for here.
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

long long web_bytes_read(int descriptor) {
  struct tcp_info info = {0};
  socklen_t length = sizeof info;
  int unread = 0;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 ||
      length < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received)
    return -1;
  // Asked for second, so that what comes between counts as unread.
  if (ioctl(descriptor, SIOCINQ, &unread) != 0) return -1;
  return (long long)info.tcpi_bytes_received - unread;
}
