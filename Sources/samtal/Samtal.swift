import Glibc

/// The operator's command line.
@main
enum Samtal {
  static let usage = """
    usage: samtal COMMAND [OPTIONS]

    commands:
      audit      list the audit log, or verify that nobody has changed it
      backup     copy the database, while samtald runs or not
      check      look for settings of this machine that would limit samtald
      clinic     add a clinic to the operator's files
      invite     have a running daemon make a link, and print it
      load       play a clinic's people against a running server, and measure
      simulate   run whole calls on a virtual network and clock, from seeds
      token      mint a token with a key of this machine's

    `samtal COMMAND --help` tells a command's options.
    """

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let rest = Array(arguments.dropFirst())
    switch arguments.first {
    case "audit": run(AuditCommand.usage, rest, AuditCommand.run)
    case "backup": run(BackupCommand.usage, rest, BackupCommand.run)
    case "check": run(CheckCommand.usage, rest, CheckCommand.run)
    case "clinic": run(ClinicCommand.usage, rest, ClinicCommand.run)
    case "invite": run(InviteCommand.usage, rest, InviteCommand.run)
    case "load": run(LoadOptions.usage, rest, LoadCommand.run)
    case "simulate": exit(SimulateCommand.run(rest))
    case "token": run(TokenCommand.usage, rest, TokenCommand.run)
    case "--help", "-h", "help":
      print(usage)
    case let other:
      complain(other.map { "samtal: no command '\($0)'" } ?? "samtal: a command is missing")
      complain(usage)
      exit(2)
    }
  }

  /// Runs a command on the operator's files: exit status 2 where its arguments make no sense, 1
  /// where it fails.
  private static func run(
    _ usage: String, _ arguments: [String], _ command: ([String]) throws -> Void
  ) {
    if arguments.contains(where: { $0 == "--help" || $0 == "-h" }) { return print(usage) }
    do {
      try command(arguments)
    } catch let mistake as CommandOptions.Mistake {
      complain("samtal: \(mistake); --help tells the options")
      exit(2)
    } catch {
      complain("samtal: \(error)")
      exit(1)
    }
  }

  /// Writes a line to standard error.
  static func complain(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}
