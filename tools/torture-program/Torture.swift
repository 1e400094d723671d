import ArgumentParser
import TapTorture

@main
enum Torture {
    static func main() async { await TortureProgram.main() }
}
