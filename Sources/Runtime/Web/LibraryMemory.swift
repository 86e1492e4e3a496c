import CWeb
import Glibc
import Primitives

/// A function that the library calls for everything on a connection.
typealias LibraryCallback =
  @convention(c) (
    OpaquePointer?, lws_callback_reasons, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, Int
  ) -> Int32

/// Memory that the library reads for as long as its context lives.
struct LibraryMemory: ~Copyable {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit { for block in blocks { free(block) } }

  mutating func string(_ text: String) -> UnsafePointer<CChar>? {
    guard let copy = strdup(text) else { return nil }
    blocks.append(copy)
    return UnsafePointer(copy)
  }

  private mutating func array<Element>(_ elements: [Element]) -> UnsafePointer<Element>? {
    let size = MemoryLayout<Element>.stride * elements.count
    guard let block = malloc(size) else { return nil }
    blocks.append(block)
    let pointer = block.bindMemory(to: Element.self, capacity: elements.count)
    pointer.initialize(from: elements, count: elements.count)
    return UnsafePointer(pointer)
  }

  mutating func pointers(
    _ pointers: [UnsafeMutableRawPointer?]
  ) -> UnsafeMutablePointer<UnsafeMutableRawPointer?>? {
    UnsafeMutablePointer(mutating: array(pointers))
  }

  /// A table of protocols, all with one callback, ended as the library wants it.
  mutating func protocols(
    _ names: [String], _ callback: @escaping LibraryCallback
  ) -> UnsafePointer<lws_protocols>? {
    var table: [lws_protocols] = []
    for name in names {
      var entry = lws_protocols()
      entry.name = string(name)
      entry.callback = callback
      entry.rx_buffer_size = 2_048
      table.append(entry)
    }
    return array(table + [lws_protocols()])
  }

  mutating func idlePolicy(ping: Duration) -> UnsafePointer<lws_retry_bo_t>? {
    var policy = lws_retry_bo_t()
    policy.secs_since_valid_ping = UInt16(clamping: ping.milliseconds / 1_000)
    policy.secs_since_valid_hangup = UInt16(clamping: ping.milliseconds * 3 / 2_000)
    return array([policy])
  }
}
