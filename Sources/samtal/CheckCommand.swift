import Primitives
import Runtime
import Setup

/// `samtal check`: looks for settings of this machine that would limit the daemon.
enum CheckCommand {
  static let usage = """
    usage: samtal check [OPTIONS]

    \(OperatorSite.usage)

    Reads the configuration and the keys as samtald would, and tries what it will ask of the kernel
    with the rights of the caller: run it as the user whom samtald runs as. Prints a line for each
    thing, and what to do where something is wanting; then the exit status is 1.
    """

  /// What is wanting.
  private struct Shortage: Error, CustomStringConvertible {
    var description: String
  }

  /// Descriptors that samtald has besides those of connections.
  private static let ownDescriptors = 256

  static func run(_ arguments: [String]) throws {
    let site = try OperatorSite(CommandOptions(arguments, single: OperatorSite.options))
    print("configuration and keys: read")
    let isComplete = [try checkBuffers(), checkDescriptors(), checkWorkers(site.configuration)]
    let missing = isComplete.count { !$0 }
    if missing > 0 { throw Shortage(description: "\(missing) of the above would limit samtald") }
  }

  private static func checkBuffers() throws -> Bool {
    let socket = try UDPSocket(bindingTo: NetworkAddress(ipv4: 0x7F00_0001, port: 0))
    let granted = socket.receiveBufferBytes / 2
    guard !socket.hasFullReceiveBuffer else {
      print("receive buffers: \(granted >> 20) MB")
      return true
    }
    let wanted = UDPSocket.bufferBytes
    print(
      """
      warning: receive buffers: \(granted) bytes were granted where \(wanted) were asked for, so
        that packets are lost when a worker is held up for some milliseconds:
        sysctl -w net.core.rmem_max=\(wanted)
      """)
    return false
  }

  private static func checkDescriptors() -> Bool {
    let wanted = Limits.connections + ownDescriptors
    let allowed = Descriptors.raise(to: wanted)
    guard allowed < wanted else {
      print("descriptors: \(allowed)")
      return true
    }
    print(
      "warning: descriptors: \(allowed), and \(wanted) are wanted for \(Limits.connections) "
        + "connections: LimitNOFILE=\(wanted) in the unit, or ulimit -n \(wanted)")
    return false
  }

  private static func checkWorkers(_ configuration: Configuration) -> Bool {
    let processors = WorkerThread.processors
    let workers = configuration.workers(processors: processors)
    print("workers: \(workers), on \(processors) processors")
    guard workers > processors else { return true }
    print("  warning: media.workers: more workers than processors are in each other's way")
    return false
  }
}
