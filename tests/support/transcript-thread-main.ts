// The thread of transcripts, to be bundled beside a scripted server.
import '../../server/store/thread/main.ts';
