import Glibc

/// The operator's command line.
@main
enum Samtal {
  static let usage = """
    usage: samtal COMMAND [OPTIONS]

    commands:
      audit      list the audit log, or verify that nobody has changed it
      backup     copy the database, while samtald runs or not
      simulate   run whole calls on a virtual network and clock, from seeds

    `samtal COMMAND --help` tells a command's options.
    """

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "audit": exit(AuditCommand.run(Array(arguments.dropFirst())))
    case "backup": exit(BackupCommand.run(Array(arguments.dropFirst())))
    case "simulate": exit(SimulateCommand.run(Array(arguments.dropFirst())))
    case "--help", "-h", "help":
      print(usage)
    case let other:
      complain(other.map { "samtal: no command '\($0)'" } ?? "samtal: a command is missing")
      complain(usage)
      exit(2)
    }
  }

  /// Writes a line to standard error.
  static func complain(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}
