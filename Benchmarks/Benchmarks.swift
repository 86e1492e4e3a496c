import Glibc
import Primitives

/// What the daemon promises in numbers, measured: run by `scripts/bench`.
@main
enum Benchmarks {
  static let usage = """
    usage: Benchmarks NAME [OPTIONS]

      commands                          the control plane with its store, on this one thread
      daemon-commands PORT STATE PID    a running daemon, over its lines port
      peers [OPTIONS]                   Janus and samtald side by side
    """

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      exit(try run(arguments) ? 0 : 1)
    } catch {
      complain("Benchmarks: \(error)")
      exit(1)
    }
  }

  /// Runs one benchmark; whether it kept its promise.
  private static func run(_ arguments: [String]) throws -> Bool {
    switch arguments.first {
    case "commands" where arguments.count == 1:
      return try CommandLoad.measure("in one thread", on: InProcessClinic())
    case "daemon-commands" where arguments.count == 4:
      guard let port = UInt16(arguments[1]), let process = Int32(arguments[3]) else { break }
      let daemon = try DaemonClinic(port: port, state: arguments[2], process: process)
      return try CommandLoad.measure("over the daemon's lines port", on: daemon)
    case "peers":
      try PeerBenchmark.run(Array(arguments.dropFirst()))
      return true
    default: break
    }
    complain(usage)
    exit(2)
  }

  private static func complain(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}

/// Why a benchmark could not be run to its end.
struct BenchmarkFailure: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}
